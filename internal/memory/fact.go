package memory

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"maps"
	"slices"
)

// A Fact carries a package's oracle to the packages that import it. Within one
// process it is the oracle itself, which computes when it is asked. On the way to
// another process it becomes what that computed: the summaries of all functions
// that other packages can call.
type Fact struct {
	oracle *Oracle
}

// AFact marks Fact as a fact of go/analysis.
func (*Fact) AFact() {}

func (*Fact) String() string { return "memory" }

// Release lets go of the oracle's syntax: see Oracle.Release.
func (f *Fact) Release() {
	if f.oracle != nil {
		f.oracle.Release()
	}
}

// GobEncode computes what other packages can call, and writes it. It errs when
// gob does.
func (f *Fact) GobEncode() ([]byte, error) {
	if f.oracle == nil {
		return nil, nil
	}
	return f.oracle.encode()
}

// GobDecode takes what GobEncode gave. It is read when somebody asks.
func (f *Fact) GobDecode(data []byte) error {
	f.oracle = &Oracle{raw: bytes.Clone(data), frozen: true}
	return nil
}

func (o *Oracle) encode() ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.raw != nil {
		return o.raw, nil
	}
	o.list()
	for _, d := range o.order {
		if d.decl.Body != nil && d.fn.Exported() {
			o.compute(d)
		}
	}
	w := &writer{index: map[*block]int{}}
	table := o.table()
	for _, name := range slices.Sorted(maps.Keys(table)) {
		if d := o.names[name]; d != nil && !d.fn.Exported() {
			continue
		}
		w.out.Names = append(w.out.Names, name)
		w.out.Funcs = append(w.out.Funcs, w.summary(table[name]))
	}
	var buf bytes.Buffer
	if err := gob.NewEncoder(&buf).Encode(&w.out); err != nil {
		return nil, fmt.Errorf("encode what %s does to memory: %w", o.pkg.Path(), err)
	}
	return buf.Bytes(), nil
}

// read makes a table of what another process wrote; nothing where it can't be read.
func (o *Oracle) read() {
	if o.ready != nil || len(o.raw) == 0 {
		return
	}
	o.ready = map[string]*Summary{}
	var in wireFact
	if gob.NewDecoder(bytes.NewReader(o.raw)).Decode(&in) != nil || len(in.Names) != len(in.Funcs) {
		return
	}
	r := &reader{}
	for _, b := range in.Blocks {
		r.blocks = append(r.blocks, &block{name: b.Name, key: b.Key, holds: b.Holds, any: b.Any, isMap: b.Map})
	}
	for i, name := range in.Names {
		o.ready[name] = r.summary(in.Funcs[i])
	}
}

// What travels: no positions and no types, which mean nothing elsewhere.
type (
	wireFact struct {
		Blocks []wireBlock
		Names  []string
		Funcs  []wireSummary
	}
	wireBlock struct {
		Name, Key string
		Holds     []string
		Any, Map  bool
	}
	wireLoc struct {
		Kind   Kind
		Index  int
		Name   string
		Steps  []string // each with ">" before its name, or "." where no pointer is followed
		Deep   bool
		Block  int // from 1; 0: none
		Hidden bool
	}
	wireLock struct {
		Loc              wireLoc
		Read             bool
		Take, Keep, Drop bool
	}
	wireStep   struct{ Call, Name string }
	wireAccess struct {
		Loc           wireLoc
		Write, Atomic bool
		Known, Handed bool
		Locks         []wireLock
		Handle, At    string
		Via           []wireStep
	}
	wireOpaque struct {
		Name, Why, At string
		Reach         []wireLoc
		Via           []wireStep
	}
	wireElem struct {
		Sub         string
		Loc         wireLoc
		Addr, Quiet bool
	}
	wireFlow struct {
		From    wireElem
		Into    wireLoc
		Why, At string
		May     bool
		Soft    bool
	}
	wireVisit struct {
		Loc  wireLoc
		Args [][]wireElem
		At   string
	}
	wireSummary struct {
		Trust          Trust
		Accesses       []wireAccess
		Opaque         []wireOpaque
		Locks          []wireLock
		Flows          []wireFlow
		Visits         []wireVisit
		Results, Inner [][]wireElem
		Many           bool
	}
)
