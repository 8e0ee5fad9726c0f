package rule

import (
	"go/ast"
	"go/token"
	"go/types"
	"go/version"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/memory"
)

// Form is the target form of a rewrite, as the user chose it.
type Form string

// The forms of the flag --form.
const (
	FormAuto     Form = "auto"     // what fits the code that is there
	FormOrdered  Form = "ordered"  // sync.WaitGroup; errors are looked at in the order of the code
	FormErrgroup Form = "errgroup" // golang.org/x/sync/errgroup; the first error in time wins
	FormPool     Form = "pool"     // a fixed number of workers over a channel
)

// FormNames are the forms that a rule of today can write.
func FormNames() []string {
	return []string{string(FormAuto), string(FormOrdered), string(FormErrgroup), string(FormPool)}
}

// Options are what the user may choose about every rewrite.
type Options struct {
	Limit int  // the bound written into a fan-out; 0: the rule chooses
	Form  Form // "" means FormAuto
}

// A Pass is one package with its syntax and types: what a matcher may look at.
type Pass struct {
	Fset    *token.FileSet
	Files   []*ast.File // those that may be reported on, in the order of the load
	Pkg     *types.Package
	Info    *types.Info
	Effects *effects.Oracle
	Memory  *memory.Oracle // computes only what a rule asks for
	Options Options

	// ReadFile gives the bytes that the package was parsed from; it errs when the
	// file has changed since.
	ReadFile func(name string) ([]byte, error)

	// Off names one guard as "rule/guard" that answers "holds" whatever it sees.
	// The harness switches guards off one by one to prove that each is alive.
	Off string

	// Trace, where set, is told how each match climbed its rule's ladder.
	Trace func(*Climb)

	// At is the match whose guards or rewrite are at work, for a report of a
	// panic; token.NoPos between matches.
	At token.Pos

	syntax   *inspector.Inspector
	sessions []*types.Named // nil: nobody has asked
	mentions map[string]map[ast.Decl]bool
}

// Syntax is the root over Files, for walks that need a node's surroundings. It
// is built once for all rules of the pass.
func (p *Pass) Syntax() inspector.Cursor {
	if p.syntax == nil {
		p.syntax = inspector.New(p.Files)
	}
	return p.syntax.Root()
}

// AtLeast tells whether f is compiled with language version v ("go1.22") or a
// later one. Files of one package can differ (a //go:build line decides), and an
// unknown version counts as too old.
func (p *Pass) AtLeast(f *ast.File, v string) bool {
	have := p.Info.FileVersions[f]
	if have == "" {
		have = p.Pkg.GoVersion()
	}
	return have != "" && version.Compare(have, v) >= 0
}

// IsTest tells whether f is a test file, or one that tests are made of: it
// imports testing.
func (p *Pass) IsTest(f *ast.File) bool {
	for _, spec := range f.Imports {
		if spec.Path.Value == `"testing"` {
			return true
		}
	}
	return strings.HasSuffix(p.Fset.PositionFor(f.Pos(), false).Filename, "_test.go")
}

// Line is the line of pos in its own file, whatever //line says.
func (p *Pass) Line(pos token.Pos) int { return p.Fset.PositionFor(pos, false).Line }

// Sessions are the transactions and sessions that the effects' table knows of, of
// all packages that Pkg imports, directly or not, in the table's order. They are
// gathered once.
func (p *Pass) Sessions() []*types.Named {
	if p.sessions == nil {
		p.sessions = append([]*types.Named{}, effects.Sessions(p.Pkg)...)
	}
	return p.sessions
}

// FindNode is the cursor of a node of Files. It looks below the node's declaration
// only, where inspector's own method would look through all files.
func (p *Pass) FindNode(n ast.Node) (inspector.Cursor, bool) {
	at := p.Syntax()
	for range 2 { // to the file, to the declaration
		for c := range at.Children() {
			if c.Node() == n {
				return c, true
			}
			if m := c.Node(); fileOrNodePos(m) <= n.Pos() && n.End() <= fileOrNodeEnd(m) {
				at = c
				break
			}
		}
	}
	return at.FindNode(n)
}

// A file's own Pos is that of its package clause.
func fileOrNodePos(n ast.Node) token.Pos {
	if f, ok := n.(*ast.File); ok {
		return f.FileStart
	}
	return n.Pos()
}

func fileOrNodeEnd(n ast.Node) token.Pos {
	if f, ok := n.(*ast.File); ok {
		return f.FileEnd
	}
	return n.End()
}

// DeclsWith gives the declarations of Files in which a name stands for something of
// which is says yes. They are gathered once for each key, so that a rule need not
// walk through a declaration that has nothing for it.
func (p *Pass) DeclsWith(key string, is func(types.Object) bool) map[ast.Decl]bool {
	if set, ok := p.mentions[key]; ok {
		return set
	}
	yes := map[types.Object]bool{} // most objects are named often
	var at []token.Pos
	for _, names := range []map[*ast.Ident]types.Object{p.Info.Uses, p.Info.Defs} {
		for id, obj := range names {
			if obj == nil {
				continue
			}
			answer, asked := yes[obj]
			if !asked {
				answer = is(obj)
				yes[obj] = answer
			}
			if answer {
				at = append(at, id.Pos())
			}
		}
	}
	slices.Sort(at)
	set := map[ast.Decl]bool{}
	for _, f := range p.Files {
		for _, d := range f.Decls {
			i, _ := slices.BinarySearch(at, d.Pos())
			if i < len(at) && at[i] < d.End() {
				set[d] = true
			}
		}
	}
	if p.mentions == nil {
		p.mentions = map[string]map[ast.Decl]bool{}
	}
	p.mentions[key] = set
	return set
}
