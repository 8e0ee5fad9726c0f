package memory

import (
	"go/ast"
	"go/types"
)

// invoke calls function values.
func (b *body) invoke(vals []elem, u *use) [][]elem {
	var out [][]elem
	add := func(more [][]elem) {
		for i, v := range more {
			for len(out) <= i {
				out = append(out, nil)
			}
			out[i] = join(out[i], v...)
		}
	}
	unknown := len(vals) == 0
	for _, e := range vals {
		root := e.loc.Root
		lit := b.lits[root.site]
		m, isBound := b.bounds[root.site]
		switch {
		case root.Kind == Fresh && lit != nil:
			add(b.inline(lit, u, b.paramsOf(u, lit)))
		case root.Kind == Fresh && isBound:
			v := *u
			v.recv = &typed{m.recv, m.fn.Signature().Recv().Type()}
			v.sig = m.fn.Signature()
			v.takeSeen()
			add(b.callFunc(m.fn, &v))
		case root.Kind == function:
			fn := root.Object.(*types.Func)
			if fn.Signature().Recv() != nil {
				unknown = true // a method expression
				continue
			}
			v := *u
			v.sig = fn.Signature()
			v.takeSeen()
			add(b.callFunc(fn, &v))
		case (root.Kind == Param || root.Kind == Receiver) && !e.addr:
			b.emit(u.at, event{trust: Proved, visit: &visit{loc: e.loc, args: b.visitArgs(u), at: b.place(u.at)}})
			add(b.opaqueResults(u))
			b.letGoAll(u, "passed to a function value")
		default:
			unknown = true
		}
	}
	if unknown {
		name := "a function value"
		if u.expr != nil {
			name = types.ExprString(u.expr.Fun)
		}
		add(b.opaque(u.at, name, "it is a function value", nil, u.all(), typed{vals, nil}))
	}
	return out
}

// visitArgs is what a parameter that is a function gets.
func (b *body) visitArgs(u *use) [][]elem {
	switch {
	case u.seen != nil:
		return u.seen
	case u.sig != nil && u.expr != nil:
		return b.params(u, u.sig)
	}
	return nil
}

func (b *body) letGoAll(u *use, why string) {
	for _, a := range u.all() {
		b.flows(u.at, a.vals, flow{why: why, may: true, at: b.place(u.at)})
	}
}

// paramsOf is what a literal's parameters get.
func (b *body) paramsOf(u *use, lit *ast.FuncLit) [][]elem {
	sig, ok := b.info.TypeOf(lit).(*types.Signature)
	if u.seen != nil {
		return u.seen
	}
	if !ok || u.expr == nil {
		return nil
	}
	return b.params(u, sig)
}

const maxInline = 8

// inline runs a literal's body here. Without args, its parameters may be anything.
func (b *body) inline(lit *ast.FuncLit, u *use, args [][]elem) [][]elem {
	b.bindParams(lit, args)
	b.walked[lit] = true
	for _, a := range b.active {
		if a == lit {
			return b.returned[lit]
		}
	}
	if len(b.active) >= maxInline {
		b.many = true
		return nil
	}
	key := litState{lit, b.held.String()}
	if b.memo[key] && !b.sites {
		return b.returned[lit]
	}
	b.memo[key] = true
	outer, frame0 := b.outer, b.frame
	if u != nil {
		b.outer = append(outer[:len(outer):len(outer)], u.at)
	}
	b.active = append(b.active, lit)
	b.frame = &frame{lit: lit}
	b.block(lit.Body)
	b.leave()
	b.runDefers()
	for i, v := range b.namedOf(lit.Type) {
		for len(b.returned[lit]) <= i {
			b.returned[lit] = append(b.returned[lit], nil)
		}
		if now := join(b.returned[lit][i], v...); len(now) > len(b.returned[lit][i]) {
			b.returned[lit][i], b.heap.changed = now, true
		}
	}
	b.active = b.active[:len(b.active)-1]
	b.outer, b.frame = outer, frame0
	return b.returned[lit]
}

func (b *body) bindParams(lit *ast.FuncLit, args [][]elem) {
	i := 0
	for _, f := range lit.Type.Params.List {
		for _, name := range f.Names {
			v, ok := b.info.Defs[name].(*types.Var)
			if ok && b.o.types.hasRefs(v.Type()) {
				switch {
				case args == nil:
					b.heap.store(b.variable(v), []elem{anything})
				case i < len(args):
					b.heap.store(b.variable(v), args[i])
				}
			}
			i++
		}
		if len(f.Names) == 0 {
			i++
		}
	}
}
