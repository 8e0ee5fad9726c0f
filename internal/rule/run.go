package rule

import "github.com/goherd/goherd/internal/patch"

// A Run is the outcome of one run as users and machines see it: the object that
// `--format json` prints. Once shipped, its fields only grow.
type Run struct {
	Version  int        `json:"version"` // of this format: 1
	Tool     string     `json:"tool"`    // "goherd x.y.z"
	Go       string     `json:"go"`      // version of the go command, without "go"
	Root     string     `json:"root"`    // the working directory as given
	Findings []*Located `json:"findings"`
	Warnings []string   `json:"warnings"` // one line each, with its place first where it has one
	Skipped  Skipped    `json:"skipped"`
	Summary  Summary    `json:"summary"`
	Verify   *Verify    `json:"verify,omitempty"`  // of apply --verify-cmd, where there was something to verify
	LeftOut  *LeftOut   `json:"leftOut,omitempty"` // where the user asked for a part
}

// Verify says what the user's command made of the patches.
type Verify struct {
	Command string `json:"command"`
	Runs    int    `json:"runs"`
	Kept    int    `json:"kept"`   // findings, of all rounds
	Undone  int    `json:"undone"` // findings, of all rounds
}

// LeftOut counts the findings that the user didn't want to hear of: Findings and
// Summary are without them.
type LeftOut struct {
	Since    int `json:"since"`    // they touch no line that has changed
	Baseline int `json:"baseline"` // the baseline has them
}

// A Located is a finding whose positions have become paths and lines. Paths are
// relative to the run's root, with forward slashes; lines and columns count
// from 1, columns in bytes.
type Located struct {
	ID            string            `json:"id"` // 16 hex digits; survives line moves
	Rule          string            `json:"rule"`
	Safety        Safety            `json:"safety"`
	Path          string            `json:"path"`
	Line          int               `json:"line"`
	EndLine       int               `json:"endLine"`
	Col           int               `json:"col"`
	Func          string            `json:"func"` // "Name", "(*T).Method", "T.Method"; "" outside a function
	Package       string            `json:"package"`
	Module        string            `json:"module"`
	Message       string            `json:"message"`
	Evidence      []LocatedEvidence `json:"evidence"`
	Changes       []string          `json:"changes"`
	Refused       string            `json:"refused"`
	RefusedBy     string            `json:"refusedBy"`
	ConflictsWith []string          `json:"conflictsWith"` // ids
	Patch         string            `json:"patch"`         // unified diff of this finding alone; "" when refused
	Gain          *Gain             `json:"gain,omitempty"`
	Undone        string            `json:"undone,omitempty"` // why apply took the patch back; absent where it did not

	// What other formats need, and the contract doesn't have.
	Col16 int          `json:"-"` // Col in UTF-16 units
	Fix   []patch.File `json:"-"` // Patch as whole-line edits; names are paths like Path
}

// LocatedEvidence is Evidence with its place.
type LocatedEvidence struct {
	Hazard string `json:"hazard"`
	Claim  string `json:"claim"`
	Grade  Safety `json:"grade"`
	Path   string `json:"path"`
	Line   int    `json:"line"`
}

// Gain says how many calls in a row became how many.
type Gain struct {
	Serial   int `json:"serial"`
	Parallel int `json:"parallel"`
}

// Skipped counts what a run left alone, and names the packages it could not check.
type Skipped struct {
	Generated     int      `json:"generated"`
	Vendored      int      `json:"vendored"`
	Cgo           int      `json:"cgo"`
	OtherSystems  int      `json:"otherSystems"`
	NestedModules int      `json:"nestedModules"`
	TypeErrors    []string `json:"typeErrors"` // import paths, sorted
}

// Summary counts all findings, also those below the safety that is shown.
type Summary struct {
	Safe     int `json:"safe"`
	Review   int `json:"review"`
	Advice   int `json:"advice"`
	Files    int `json:"files"`
	Packages int `json:"packages"`
}
