// Package patch holds changes as byte edits: making them minimal, merging,
// applying, printing. It knows no Go syntax.
package patch

// An Edit replaces bytes [Start, End) of one file.
type Edit struct {
	Start, End int
	New        string

	// Shared marks an edit that may coincide with an equal one of another patch
	// (the same import added twice); it then lands once.
	Shared bool
}

// A File is one file's share of a Patch. Old is what the edits were computed
// against, nil where there is no such file yet.
type File struct {
	Name  string // absolute path
	Old   []byte
	Edits []Edit // sorted by Start, disjoint
}

// A Patch is one all-or-nothing change: every edit lands or none does.
type Patch struct {
	Title string // verb phrase: "Bound the group with SetLimit(8)"
	Files []File // sorted by Name
}
