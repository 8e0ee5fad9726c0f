package oracle

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// SpecsEnv names the environment variable that names the file of specs, a JSON list.
const SpecsEnv = "GOHERD_ORACLE_SPECS"

// Mark begins each line of a Message on standard output.
const Mark = "oracle: "

// A Message is what the process says of one spec: that it begins, and what came out.
// The one that has begun and says no more took the process with it.
type Message struct {
	Begin  string
	Report *Report `json:",omitempty"`
}

// Main runs the specs over drives, by the keys that the specs name.
func Main(t *testing.T, drives map[string]Drive) {
	specs, err := readSpecs()
	if err != nil {
		t.Fatal(err)
	}
	w := startWatchdog()
	for _, spec := range specs {
		before, after := drives[spec.Before], drives[spec.After]
		if before == nil || after == nil {
			t.Fatalf("spec %s: there is no drive %s or %s", spec.Name, spec.Before, spec.After)
		}
		say(Message{Begin: spec.Name})
		j := newJudge(spec, before, after)
		j.progress = func(s Schedule) { w.now.Store(&moment{spec, s}) }
		if spec.Race {
			j.race(t)
		} else {
			runtime.GOMAXPROCS(1) // see observe
			bubble(t, j.run)
		}
		say(Message{Report: j.report})
	}
}

func readSpecs() ([]Spec, error) {
	data, err := os.ReadFile(os.Getenv(SpecsEnv))
	if err != nil {
		return nil, fmt.Errorf("read the specs: %w", err)
	}
	var specs []Spec
	if err := json.Unmarshal(data, &specs); err != nil {
		return nil, fmt.Errorf("read the specs: %w", err)
	}
	return specs, nil
}

func say(m Message) {
	line, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	fmt.Printf("\n%s%s\n", Mark, line)
}

// bubble runs f in virtual time. Goroutines that f leaves behind for ever make
// synctest panic at its end: they have been counted by then.
func bubble(t *testing.T, f func()) {
	done := false
	defer func() {
		if p := recover(); p != nil && !done {
			panic(p)
		}
	}()
	synctest.Test(t, func(*testing.T) {
		f()
		done = true
	})
}

// race runs the new form with every subset of failures in every order, or with those that
// are drawn, and has the testing package tell whether the race detector spoke.
func (j *judge) race(t *testing.T) {
	j.spec.Hears, j.spec.Cancels = true, []time.Duration{}
	worlds := j.worlds(gridOf(j.spec))
	ok := t.Run("race", func(t *testing.T) {
		bubble(t, func() {
			for plans := range worlds {
				s := Schedule{Plans: slices.Clone(plans), Cancel: never} // leftover goroutines look at them
				j.progress(s)
				j.report.Schedules++
				j.report.Runs++
				watch(j.after, j.spec.Ops, j.fails, s)
			}
		})
	})
	j.report.Raced = !ok
}

// A moment is what runs just now.
type moment struct {
	spec Spec
	s    Schedule
}

// A watchdog ends the process where virtual time has come to a stop: its own clock
// is the real one.
type watchdog struct{ now atomic.Pointer[moment] }

// patience is how often in a row the watchdog may find the same schedule running,
// which takes microseconds. It counts its own wakings and no seconds: a process that
// gets no processor isn't stuck.
const patience, doze = 20, 25 * time.Millisecond

func startWatchdog() *watchdog {
	w := &watchdog{}
	go func() {
		last, same := w.now.Load(), 0
		for same < patience {
			time.Sleep(doze)
			if now := w.now.Load(); now == nil || now != last {
				last, same = now, 0
			}
			same++
		}
		fmt.Printf("\nvirtual time stands still (a mutex is held while a call waits, or a loop never does) where %s\n", last.s.describe(last.spec.Ops))
		os.Exit(3)
	}()
	return w
}
