package rewrites

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goherd/goherd/matchers"
)

// variables names what each member gives, and declares it.
func (w *seqWriter) variables() error {
	w.temps, w.errs = map[*matchers.Launched][]string{}, map[*matchers.Launched]string{}
	for _, l := range w.s.Calls { // the names that the code has come first
		for i, to := range l.To {
			if to == matchers.ToOwn {
				w.given[l.Results[i].Var.Name()] = true
			}
		}
	}
	for _, l := range w.s.Calls {
		temps, stem := make([]string, len(l.Results)), stemOf(l)
		for i, r := range l.Results {
			name := lowerFirst(lastName(r.Lhs))
			switch {
			case i == l.Err:
				temps[i] = w.name(stem + "Err")
				w.errs[l] = temps[i]
			case l.To[i] == matchers.ToOwn:
				temps[i] = r.Var.Name()
			case l.To[i] == matchers.ToLater && types.Identical(r.Type, types.Universe.Lookup("error").Type()):
				temps[i] = w.name(stem + "Err")
			case l.To[i] == matchers.ToLater:
				temps[i] = w.name(name, name+"Value", name+"Result")
			default:
				continue
			}
			if err := w.declare(temps[i], r.Type, l); err != nil {
				return err
			}
		}
		w.temps[l] = temps
	}
	return nil
}

// stemOf is what a member is about: its first result, else what is called.
func stemOf(l *matchers.Launched) string {
	for i, r := range l.Results {
		if i != l.Err && l.To[i] != matchers.ToNowhere && !types.Identical(r.Type, types.Universe.Lookup("error").Type()) {
			return lowerFirst(lastName(r.Lhs))
		}
	}
	for _, a := range l.Call.Args { // row.Scan(&name)
		if u, ok := ast.Unparen(a).(*ast.UnaryExpr); ok && u.Op == token.AND {
			if _, named := ast.Unparen(u.X).(*ast.CompositeLit); !named {
				return lowerFirst(lastName(u.X))
			}
		}
	}
	return lowerFirst(matchers.Subject(lastName(l.Call.Fun)))
}

// declare adds a variable to the var block.
func (w *seqWriter) declare(name string, t types.Type, l *matchers.Launched) error {
	if name := hiddenName(t, w.d.pass.Pkg); name != "" {
		return refuse("F3", "the result of %s would have to be declared with the type %s, which has no name here", l.Name(), name)
	}
	typ, text, err := w.d.typeAt(t, w.s.First().Pos())
	if err != nil {
		return err
	}
	s := slot{name, typ, text}
	if text == "error" {
		w.failed = append(w.failed, s)
	} else {
		w.slots = append(w.slots, s)
	}
	return nil
}

// name is a name that is free, and is now taken.
func (w *seqWriter) name(names ...string) string {
	for i, n := range names {
		if token.IsKeyword(n) || n == "" {
			names[i] = "value"
		}
	}
	name := w.d.freshBut(w.given, names...)
	w.given[name] = true
	return name
}

// lastName is the last name in an expression: "Orders" of page.Orders.
func lastName(x ast.Expr) string {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return x.Sel.Name
	case *ast.IndexExpr:
		return lastName(x.X)
	case *ast.StarExpr:
		return lastName(x.X)
	case *ast.CallExpr:
		return lastName(x.Fun)
	}
	return "value"
}

// lowerFirst writes a name as a local variable's: "Orders" is orders, "ID" is id.
func lowerFirst(name string) string {
	if strings.ToUpper(name) == name {
		return strings.ToLower(name)
	}
	r, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToLower(r)) + name[n:]
}
