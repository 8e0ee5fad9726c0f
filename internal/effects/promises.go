package effects

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// Promises answers for functions of which the user has said what they do outside
// of the process, by a configuration's patterns: why says in which words. It goes
// before the table, and before the function's own body. It must give the same
// answer for the same function, and be safe for concurrent use: packages are
// looked at side by side.
type Promises func(fn *types.Func) (verb Verb, why string, ok bool)

// ReadDirective in the doc comment of a function, or of a method in an interface,
// promises that calling it only reads.
const ReadDirective = "//goherd:read"

// keepPromise puts what the user says of fn in place of what was found.
func (o *Oracle) keepPromise(fn *types.Func, s *Summary) {
	verb, why, ok := Read, ReadDirective, o.reads[fn]
	if !ok && o.promises != nil {
		verb, why, ok = o.promises(fn)
	}
	if !ok {
		return
	}
	s.Verb, s.Apart, s.Asks, s.Likely, s.Writes = verb, verb, Asks{}, NoHint, verb == Write
	s.VerbBy = Ground{Trust: Promised, Via: why, step: step{pos: fn.Pos()}}
}

// directives gathers the functions and the interfaces' methods of the package that
// have the directive. It returns the methods, in source order.
func (o *Oracle) directives(files []*ast.File) (methods []*types.Func) {
	o.reads = map[*types.Func]bool{}
	for _, f := range files {
		if !mentionsRead(f) {
			continue
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if fn, ok := o.info.Defs[d.Name].(*types.Func); ok && hasRead(d.Doc) {
					o.reads[fn] = true
				}
			case *ast.GenDecl:
				if d.Tok == token.TYPE {
					methods = append(methods, o.readMethods(d)...)
				}
			}
		}
	}
	return methods
}

// readMethods are the methods with the directive in the interfaces of a type declaration.
func (o *Oracle) readMethods(d *ast.GenDecl) (methods []*types.Func) {
	ast.Inspect(d, func(n ast.Node) bool {
		i, ok := n.(*ast.InterfaceType)
		if !ok {
			return true
		}
		for _, m := range i.Methods.List {
			if !hasRead(m.Doc) {
				continue
			}
			for _, id := range m.Names {
				if fn, ok := o.info.Defs[id].(*types.Func); ok {
					o.reads[fn] = true
					methods = append(methods, fn)
				}
			}
		}
		return true
	})
	return methods
}

func mentionsRead(f *ast.File) bool {
	for _, g := range f.Comments {
		if hasRead(g) {
			return true
		}
	}
	return false
}

// hasRead tells whether a comment group has the directive on a line of its own.
// A reason may follow it.
func hasRead(g *ast.CommentGroup) bool {
	if g == nil {
		return false
	}
	for _, c := range g.List {
		if rest, ok := strings.CutPrefix(c.Text, ReadDirective); ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t') {
			return true
		}
	}
	return false
}
