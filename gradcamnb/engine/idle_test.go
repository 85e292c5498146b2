package engine

import (
	"testing"
	"testing/synctest"
	"time"
)

// Memory is given back once after a while without calls, and not while calls come.
func TestGiveBackAfter(t *testing.T) {
	e := testEngine(t, "go") // whose goroutines stay outside
	old := giveBack
	defer func() { giveBack = old }()
	synctest.Test(t, func(t *testing.T) { testGiveBackAfter(t, e) })
}

func testGiveBackAfter(t *testing.T, e *Engine) {
	var gave []time.Time
	giveBack = func() { gave = append(gave, time.Now()) }
	const while = 5 * time.Minute
	e.GiveBackAfter(while)
	call := func(takes time.Duration) {
		_, end, err := e.begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(takes)
		end()
	}
	call(0)
	call(2 * while) // longer than that
	if synctest.Wait(); len(gave) > 0 {
		t.Error("memory was given back while a call ran")
	}
	for range 5 {
		time.Sleep(while - time.Second)
		call(0)
	}
	last := time.Now()
	time.Sleep(3 * while)
	if len(gave) != 1 || gave[0].Sub(last) != while {
		t.Errorf("memory was given back at %v, want once, %v after %v", gave, while, last)
	}
}
