package rule

// An Explanation says of one place what goherd looked for there, and what came of
// it: the object that `goherd explain --format json` prints. Once shipped, its
// fields only grow. Paths, lines and columns are as in Located.
type Explanation struct {
	Version  int        `json:"version"` // of this format: 1
	Tool     string     `json:"tool"`
	Go       string     `json:"go"`
	Root     string     `json:"root"`
	Place    Place      `json:"place"`
	Notes    []string   `json:"notes"` // what a reader has to know about the place first, a sentence each
	Findings []*Located `json:"findings"`
	Sections []Section  `json:"sections"`
	Ladders  []Ladder   `json:"ladders"` // in the order of the rules, then of the source
	Nearby   []Nearby   `json:"nearby"`  // matches elsewhere in the declaration
	NoShape  []string   `json:"noShape"` // rules that ran and matched nothing at the place
	Off      []string   `json:"off"`     // rules that did not run
	Warnings []string   `json:"warnings"`
}

// A Place is some lines of a file.
type Place struct {
	Path     string   `json:"path"`
	Line     int      `json:"line"`
	EndLine  int      `json:"endLine"`
	Col      int      `json:"col"`  // 0: the whole lines
	Func     string   `json:"func"` // the declaration around it, as in Located
	FuncLine int      `json:"funcLine"`
	Package  string   `json:"package"`
	Module   string   `json:"module"`
	Source   string   `json:"source"` // the first line, as it stands
	Ignores  []Ignore `json:"ignores"`
}

// An Ignore is one directive that silences rules at the place.
type Ignore struct {
	Rule string `json:"rule"` // "": every rule
	Line int    `json:"line"` // where the directive stands
}

// A Section is what is known of one kind about the place.
type Section struct {
	Title   string  `json:"title"` // "calls", "memory"
	Entries []Entry `json:"entries"`
}

// An Entry is one thing at the place, and what is known of it.
type Entry struct {
	Name  string `json:"name"` // "(*Client).Get"
	How   string `json:"how"`  // "" where it is called; else "started as a goroutine" and the like
	Path  string `json:"path"`
	Line  int    `json:"line"`
	Col   int    `json:"col"`
	Facts []Fact `json:"facts"`
}

// A Fact is one sentence about an entry.
type Fact struct {
	Claim   string   `json:"claim"`
	Known   string   `json:"known"` // "proved", "table", "promised", "guessed" or "unknown"
	Plain   bool     `json:"plain"` // nothing to take note of
	Because []Reason `json:"because"`
}

// A Reason is one stop of the way from what decides a fact, which comes first, to
// the entry's own call.
type Reason struct {
	Text string `json:"text"` // "http.Get"
	Path string `json:"path"` // "" where there is no place to show
	Line int    `json:"line"`
}

// A Ladder is one match of one rule at the place, guard by guard.
type Ladder struct {
	Rule    string `json:"rule"`
	Path    string `json:"path"`
	Line    int    `json:"line"`
	EndLine int    `json:"endLine"`
	Outcome string `json:"outcome"` // one of the constants below
	Why     string `json:"why"`     // in a sentence; "" where the finding says it
	ID      string `json:"id"`      // of the finding
	Guards  []Rung `json:"guards"`  // all of the rule's, in order
}

// What a match came to.
const (
	CameOut  = "finding"
	KeptBack = "quiet"   // a guard kept it quiet
	Ignored  = "ignored" // by a directive
	Outruled = "outruled"
	Panicked = "panicked"
)

// A Rung is what one guard said.
type Rung struct {
	Guard   string  `json:"guard"`
	Hazard  string  `json:"hazard"`
	Title   string  `json:"title"` // of the hazard, "" for one that has no page
	Outcome Outcome `json:"outcome"`
	Claim   string  `json:"claim"`
	Path    string  `json:"path"`
	Line    int     `json:"line"`
}

// Nearby is a match in the same declaration that doesn't cover the place.
type Nearby struct {
	Rule    string `json:"rule"`
	Line    int    `json:"line"`
	EndLine int    `json:"endLine"`
	Outcome string `json:"outcome"`
}
