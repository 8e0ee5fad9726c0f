package effects

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// A stream is how a function of the table uses a reader or writer of which only
// the call shows what it is.
type stream struct {
	at int    // the argument, or Receiver
	op string // the method that it comes down to
}

// streams are the functions whose verb is that of the readers and writers they
// are given: io.ReadAll of a response's body reads, of a buffer computes. Source:
// the documentation of each package.
var streams = map[string][]stream{
	"io.ReadAll":                         {{0, "Read"}},
	"io.ReadFull":                        {{0, "Read"}},
	"io.ReadAtLeast":                     {{0, "Read"}},
	"io.Copy":                            {{0, "Write"}, {1, "Read"}},
	"io.CopyN":                           {{0, "Write"}, {1, "Read"}},
	"io.CopyBuffer":                      {{0, "Write"}, {1, "Read"}},
	"io.WriteString":                     {{0, "Write"}},
	"io.Reader.Read":                     {{Receiver, "Read"}},
	"io.Writer.Write":                    {{Receiver, "Write"}},
	"io.Closer.Close":                    {{Receiver, "Close"}},
	"fmt.Fprint":                         {{0, "Write"}},
	"fmt.Fprintf":                        {{0, "Write"}},
	"fmt.Fprintln":                       {{0, "Write"}},
	"fmt.Fscan":                          {{0, "Read"}},
	"fmt.Fscanf":                         {{0, "Read"}},
	"fmt.Fscanln":                        {{0, "Read"}},
	"bufio.Reader.Read":                  {{Receiver, "Read"}},
	"bufio.Reader.ReadByte":              {{Receiver, "Read"}},
	"bufio.Reader.ReadBytes":             {{Receiver, "Read"}},
	"bufio.Reader.ReadLine":              {{Receiver, "Read"}},
	"bufio.Reader.ReadRune":              {{Receiver, "Read"}},
	"bufio.Reader.ReadString":            {{Receiver, "Read"}},
	"bufio.Reader.Peek":                  {{Receiver, "Read"}},
	"bufio.Scanner.Scan":                 {{Receiver, "Read"}},
	"bufio.Writer.Flush":                 {{Receiver, "Write"}},
	"bufio.Writer.Write":                 {{Receiver, "Write"}},
	"bufio.Writer.WriteByte":             {{Receiver, "Write"}},
	"bufio.Writer.WriteRune":             {{Receiver, "Write"}},
	"bufio.Writer.WriteString":           {{Receiver, "Write"}},
	"encoding/csv.Reader.Read":           {{Receiver, "Read"}},
	"encoding/csv.Reader.ReadAll":        {{Receiver, "Read"}},
	"encoding/json.Decoder.Decode":       {{Receiver, "Read"}},
	"encoding/json.Decoder.More":         {{Receiver, "Read"}},
	"encoding/json.Decoder.Token":        {{Receiver, "Read"}},
	"encoding/json.Encoder.Encode":       {{Receiver, "Write"}},
	"encoding/xml.Decoder.Decode":        {{Receiver, "Read"}},
	"encoding/xml.Decoder.DecodeElement": {{Receiver, "Read"}},
	"encoding/xml.Decoder.Token":         {{Receiver, "Read"}},
	"encoding/xml.Encoder.Encode":        {{Receiver, "Write"}},
}

// streamVerb is what a call does by the readers and writers that it is given,
// where the table knows it for nothing else. An UnmarshalJSON that json.Decoder
// calls is taken to compute, as the table takes it in json.Unmarshal.
func (o *Oracle) streamVerb(c *Call) (Verb, bool) {
	fn := c.Fn
	if fn.Pkg() == nil {
		return VerbUnknown, false
	}
	uses := streams[fn.Pkg().Path()+"."+Symbol(fn)]
	if len(uses) == 0 {
		return VerbUnknown, false
	}
	verb, sc := Pure, o.scopeAt(c.Expr.Pos())
	for _, u := range uses {
		x := ast.Expr(nil)
		if sel, ok := ast.Unparen(c.Expr.Fun).(*ast.SelectorExpr); ok && u.at == Receiver {
			x = sel.X
		} else if 0 <= u.at && u.at < len(c.Expr.Args) {
			x = c.Expr.Args[u.at]
		}
		v := VerbUnknown
		if x != nil && sc != nil {
			v = o.streamOf(sc, x, u.op, visits{})
		}
		if v.Worse(verb) {
			verb = v
		}
	}
	return verb, true
}

// streamOf is what the method op of the reader or writer x does.
func (o *Oracle) streamOf(sc *scope, x ast.Expr, op string, seen visits) Verb {
	x = ast.Unparen(x)
	if sel, ok := x.(*ast.SelectorExpr); ok {
		switch obj := o.info.Uses[sel.Sel].(type) {
		case *types.Var:
			if obj.IsField() && obj.Name() == "Body" && obj.Pkg() != nil && obj.Pkg().Path() == "net/http" {
				return Read // of a response or a request: what comes from the peer
			}
			if obj.Pkg() != nil && obj.Pkg().Path() == "io" && obj.Name() == "Discard" {
				return Pure
			}
		}
	}
	if v, ok := o.methodOf(x, op); ok {
		return v
	}
	switch x := x.(type) {
	case *ast.UnaryExpr:
		return o.streamOf(sc, x.X, op, seen)
	case *ast.CallExpr:
		return o.madeStream(sc, x, op, seen)
	case *ast.Ident:
		v, b := o.variable(sc, x)
		if v == nil || b == nil || b.taken || b.patched || len(b.from) == 0 {
			return VerbUnknown
		}
		if _, isParam := sc.params[v]; isParam {
			return VerbUnknown
		}
		if !seen.first(v) {
			return Pure // the others decide
		}
		verb := Pure
		for _, from := range b.from {
			w := VerbUnknown
			if from.x != nil && from.i == 0 {
				w = o.streamOf(sc, from.x, op, seen)
			}
			if w.Worse(verb) {
				verb = w
			}
		}
		return verb
	}
	return VerbUnknown
}

// methodOf is what the table says of the method op of x's own type.
func (o *Oracle) methodOf(x ast.Expr, op string) (Verb, bool) {
	t := o.info.TypeOf(x)
	if t == nil {
		return VerbUnknown, false
	}
	t = types.Unalias(t)
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	n, ok := t.(*types.Named)
	if !ok || n.Obj().Pkg() == nil || types.IsInterface(n) {
		return VerbUnknown, false
	}
	obj, _, _ := types.LookupFieldOrMethod(types.NewPointer(n), true, nil, op)
	fn, ok := obj.(*types.Func)
	if !ok {
		return VerbUnknown, false
	}
	k, ok := Lookup(fn)
	if !ok || k.Verb == VerbUnknown || k.Verb == BySQL || k.Verb == ByHTTP {
		return VerbUnknown, false
	}
	return k.Verb, true
}

// madeStream looks through a wrapper: bufio.NewReader(r), json.NewDecoder(r).
func (o *Oracle) madeStream(sc *scope, call *ast.CallExpr, op string, seen visits) Verb {
	fn, ok := typeutil.Callee(o.info, call).(*types.Func)
	if !ok {
		return VerbUnknown
	}
	k, ok := Lookup(fn)
	if !ok || k.Verb != Pure || fn.Signature().Recv() != nil || !k.Retains.Known() {
		return VerbUnknown
	}
	verb, wraps := Pure, false
	for i, a := range call.Args {
		if _, basic := o.info.TypeOf(a).Underlying().(*types.Basic); k.Retains.Has(i) && !basic {
			wraps = true
			if v := o.streamOf(sc, a, op, seen); v.Worse(verb) {
				verb = v
			}
		}
	}
	if !wraps {
		return VerbUnknown
	}
	return verb
}
