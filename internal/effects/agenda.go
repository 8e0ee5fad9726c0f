package effects

import (
	"container/heap"
	"go/types"
)

// An agenda says whose summary is looked at next. Its members go in their order,
// round after round, and who has nothing new to hear of is left out: a chain of
// calls that runs against the order doesn't make every round look at everybody.
type agenda struct {
	index     map[*types.Func]int
	users     [][]int // by index: whose summaries depend on it
	queued    []bool
	now, next ints
}

// newAgenda takes its members in their order; in the beginning, all are to be looked at.
func newAgenda(members []*types.Func) *agenda {
	a := &agenda{index: make(map[*types.Func]int, len(members)), users: make([][]int, len(members)), queued: make([]bool, len(members))}
	for i, fn := range members {
		a.index[fn] = i
		a.queued[i] = true
		a.now = append(a.now, i)
	}
	return a
}

// depends notes that the summary of member user is made of that of fn.
func (a *agenda) depends(user int, fn *types.Func) {
	if i, ok := a.index[fn]; ok {
		if l := a.users[i]; len(l) == 0 || l[len(l)-1] != user {
			a.users[i] = append(l, user)
		}
	}
}

// take gives the next member, -1 at the end.
func (a *agenda) take() int {
	if len(a.now) == 0 {
		a.now, a.next = a.next, nil
		heap.Init(&a.now)
	}
	if len(a.now) == 0 {
		return -1
	}
	i := heap.Pop(&a.now).(int)
	a.queued[i] = false
	return i
}

// changed puts those on the agenda who depend on member i.
func (a *agenda) changed(i int) {
	for _, u := range a.users[i] {
		switch {
		case a.queued[u]:
			continue
		case u > i:
			heap.Push(&a.now, u)
		default:
			a.next = append(a.next, u)
		}
		a.queued[u] = true
	}
}

// ints is a heap of indexes.
type ints []int

func (h ints) Len() int           { return len(h) }
func (h ints) Less(i, j int) bool { return h[i] < h[j] }
func (h ints) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *ints) Push(x any)        { *h = append(*h, x.(int)) }

func (h *ints) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
