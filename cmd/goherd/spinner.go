package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	spinnerDelay = time.Second            // shorter runs show nothing
	spinnerBeat  = 120 * time.Millisecond // between two frames
)

// A spinner is one line on a terminal that says what a long run is doing, and
// erases itself.
type spinner struct {
	w    io.Writer
	quit chan struct{}
	done chan struct{}

	mu   sync.Mutex
	text string
}

func startSpinner(w io.Writer) *spinner {
	s := &spinner{w: w, quit: make(chan struct{}), done: make(chan struct{})}
	go s.spin()
	return s
}

// update has the shape of engine.Options.Progress.
func (s *spinner) update(stage string, done, total int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = stage
	if total > 0 {
		s.text = fmt.Sprintf("%s %d/%d", stage, done, total)
	}
}

// stop returns when the line is gone.
func (s *spinner) stop() {
	close(s.quit)
	<-s.done
}

func (s *spinner) spin() {
	defer close(s.done)
	select {
	case <-s.quit:
		return
	case <-time.After(spinnerDelay):
	}
	const erase = "\r\x1b[K"
	tick := time.NewTicker(spinnerBeat)
	defer tick.Stop()
	frames := []rune(`|/-\`)
	for i := 0; ; i++ {
		s.mu.Lock()
		fmt.Fprintf(s.w, "%s%c %s", erase, frames[i%len(frames)], s.text)
		s.mu.Unlock()
		select {
		case <-s.quit:
			fmt.Fprint(s.w, erase)
			return
		case <-tick.C:
		}
	}
}
