package effects

import (
	"go/types"
	"slices"
)

// implementations pairs each method of the package's interfaces with those of
// the package's own types that implement it. There may be others elsewhere, so
// what comes of it can only show what a call may do, never what it can't.
func (o *Oracle) implementations() []*types.Func {
	o.impls = map[*types.Func][]*types.Func{}
	var ifaces []*types.Interface
	var concrete []*types.Named
	scope := o.pkg.Scope()
	for _, name := range scope.Names() {
		tn, ok := scope.Lookup(name).(*types.TypeName)
		if !ok || tn.IsAlias() {
			continue
		}
		n, ok := tn.Type().(*types.Named)
		if !ok || n.TypeParams().Len() > 0 {
			continue
		}
		if i, ok := n.Underlying().(*types.Interface); !ok {
			concrete = append(concrete, n)
		} else if i.NumMethods() > 0 && i.IsMethodSet() {
			ifaces = append(ifaces, i)
		}
	}
	var methods []*types.Func
	for _, i := range ifaces {
		for _, n := range concrete {
			if ptr := types.NewPointer(n); types.Implements(ptr, i) {
				o.pairMethods(i, ptr)
			}
		}
		for k := range i.NumExplicitMethods() {
			if m := i.ExplicitMethod(k); len(o.impls[m]) > 0 && m.Pkg() == o.pkg { // `type failure error` has another's
				methods = append(methods, m)
			}
		}
	}
	return methods
}

func (o *Oracle) pairMethods(i *types.Interface, t types.Type) {
	for k := range i.NumExplicitMethods() {
		m := i.ExplicitMethod(k)
		obj, _, _ := types.LookupFieldOrMethod(t, true, o.pkg, m.Name())
		if fn, ok := obj.(*types.Func); ok && o.decls[fn.Origin()] != nil {
			o.impls[m] = append(o.impls[m], fn.Origin())
		}
	}
}

// joinImplementations is what a call through the interface may do.
func (o *Oracle) joinImplementations(m *types.Func) Summary {
	s := o.guess(m)
	for _, fn := range o.impls[m] {
		impl := *o.of[fn]
		impl.Trust = Guessed
		if impl.Block <= s.Block {
			impl.Block = None
		}
		s.join(&impl)
		if impl.Meets == Yes {
			s.meet(impl.MeetsWhy)
		}
		s.worsen(&impl, fn)
	}
	if s.Verb == VerbUnknown && s.Likely == NoHint && givesHandle(m) && o.allRead(o.impls[m]) {
		s.Likely = SeenRead
	}
	o.keepPromise(m, &s)
	return s
}

// givesHandle tells whether a method asks for nothing and gives a pointer or an
// interface, as Client() and Volumes() do. Of others, what implements them here
// says little: a store that keeps all in memory writes nothing outside.
func givesHandle(m *types.Func) bool {
	sig := m.Signature()
	if sig.Params().Len() != 0 || sig.Results().Len() != 1 || changes(m.Name()) {
		return false
	}
	t := sig.Results().At(0).Type()
	_, ptr := t.Underlying().(*types.Pointer)
	return ptr || types.IsInterface(t) && !isError(t)
}

// allRead tells whether there are functions, and none does more than read.
func (o *Oracle) allRead(list []*types.Func) bool {
	return len(list) > 0 && !slices.ContainsFunc(list, func(fn *types.Func) bool { return !o.of[fn].Verb.Harmless() })
}

// worsen adds what one implementation shows that a call through its interface may
// do. What the others do stays unknown.
func (s *Summary) worsen(impl *Summary, fn *types.Func) {
	by := func(g Ground) Ground {
		g.Trust = Guessed
		return g.through(fn, fn.Pos(), "")
	}
	if impl.Block > None && impl.Block == s.Block && impl.Via == s.Via {
		s.waits = step{fn, fn.Pos()}
	}
	if impl.Writes && !s.Writes {
		s.Verb, s.Writes, s.VerbBy = Write, true, by(impl.VerbBy)
		if s.Likely.Reads() {
			s.Likely = NoHint
		}
	}
	if impl.Panics == PanicExplicit {
		s.joinPanic(PanicExplicit, by(impl.PanicsBy))
	}
	if impl.Exits == Yes {
		s.joinExit(Yes, by(impl.ExitsBy))
	}
	if impl.Global == Yes {
		s.joinGlobal(Yes, by(impl.GlobalBy))
	}
	if impl.Spawns == SpawnEscapes {
		s.joinSpawn(SpawnEscapes, by(impl.SpawnsBy))
	}
	if ctxRank[impl.Ctx] > ctxRank[CtxUnknown] {
		s.Ctx, s.CtxBy = impl.Ctx, by(impl.CtxBy)
	}
}
