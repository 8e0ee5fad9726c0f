package memory

import (
	"go/types"

	"github.com/goherd/goherd/internal/effects"
)

// An implementation is a method that a call through an interface may reach.
type implementation struct {
	fn       *types.Func
	recv     types.Type
	promoted bool // it is the method of an embedded field
}

// implementations are those of one interface among the package's own types.
type implementations struct {
	types  []*types.Named
	closed bool // it has a method that no other package can implement
}

// implementations of an interface's method by the package's own types. There may
// be others, unless closed.
func (o *Oracle) implementations(m *types.Func) (list []implementation, closed bool) {
	t := m.Signature().Recv().Type()
	iface, ok := t.Underlying().(*types.Interface)
	if !ok || m.Pkg() == nil {
		return nil, false
	}
	if _, ok := types.Unalias(t).(*types.TypeParam); ok {
		return nil, false
	}
	known := o.impls[t]
	if known == nil {
		known = o.implementers(iface)
		o.impls[t] = known
	}
	closed = known.closed
	for _, n := range known.types {
		obj, index, _ := types.LookupFieldOrMethod(types.NewPointer(n), true, o.pkg, m.Name())
		fn, ok := obj.(*types.Func)
		switch {
		case !ok:
		case types.IsInterface(fn.Signature().Recv().Type()):
			closed = false // an embedded interface's: whoever that holds
		default:
			list = append(list, implementation{fn.Origin(), n, len(index) > 1})
		}
	}
	return list, closed
}

// maxImplementers bounds how many types are followed behind one interface.
const maxImplementers = 16

func (o *Oracle) implementers(iface *types.Interface) *implementations {
	out := &implementations{}
	for m := range iface.Methods() {
		if !m.Exported() && m.Pkg() == o.pkg {
			out.closed = true
		}
	}
	scope := o.pkg.Scope()
	for _, name := range scope.Names() {
		tn, ok := scope.Lookup(name).(*types.TypeName)
		if !ok || tn.IsAlias() {
			continue
		}
		n, ok := tn.Type().(*types.Named)
		if !ok || types.IsInterface(n) {
			continue
		}
		if n.TypeParams().Len() > 0 {
			out.closed = false // an instance may implement it
			continue
		}
		if types.Implements(types.NewPointer(n), iface) {
			out.types = append(out.types, n)
		}
	}
	if len(out.types) > maxImplementers {
		return &implementations{} // it may be any, then
	}
	return out
}

// aloneBehind names a type with one user at a time that a value of an interface
// type may hold, of those that the package and its direct imports declare;
// sessions first. "" for none.
func (o *Oracle) aloneBehind(t types.Type) string {
	if t == nil {
		return ""
	}
	found, ok := o.alone[t]
	if !ok {
		found = o.findAlone(t)
		o.alone[t] = found
	}
	return found
}

// handles lists the types with one user at a time that direct imports declare.
func (o *Oracle) handles() []*types.TypeName {
	if o.single != nil {
		return o.single
	}
	o.single = []*types.TypeName{}
	for _, pkg := range o.pkg.Imports() {
		for _, name := range pkg.Scope().Names() {
			tn, ok := pkg.Scope().Lookup(name).(*types.TypeName)
			if ok && tn.Exported() && !tn.IsAlias() && effects.LookupType(tn).Use == effects.Alone && !types.IsInterface(tn.Type()) {
				o.single = append(o.single, tn)
			}
		}
	}
	return o.single
}

func (o *Oracle) findAlone(t types.Type) string {
	iface, ok := t.Underlying().(*types.Interface)
	if !ok || iface.NumMethods() == 0 {
		return ""
	}
	found := ""
	for _, tn := range o.handles() {
		session := effects.LookupType(tn).Session
		if found != "" && !session {
			continue
		}
		ptr := types.NewPointer(tn.Type())
		if types.Implements(ptr, iface) {
			if found = types.TypeString(ptr, (*types.Package).Name); session {
				return found
			}
		}
	}
	return found
}
