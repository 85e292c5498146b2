package engine

import (
	"context"
	"testing"
	"time"
)

// Memory is given back once after a while without calls, and not while calls come.
func TestGiveBackAfter(t *testing.T) {
	gave := make(chan time.Time, 9)
	old := giveBack
	giveBack = func() { gave <- time.Now() }
	defer func() { giveBack = old }()
	e := testEngine(t, "go")
	const while = 300 * time.Millisecond
	e.GiveBackAfter(while)
	var last time.Time
	_, end, err := e.begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	end()
	if _, end, err = e.begin(context.Background()); err != nil { // a call that lasts longer than that
		t.Fatal(err)
	}
	time.Sleep(2 * while)
	if len(gave) > 0 {
		t.Error("memory was given back while a call ran")
	}
	end()
	for range 5 {
		_, end, err := e.begin(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		end()
		last = time.Now()
		time.Sleep(while / 6)
	}
	if at := <-gave; at.Sub(last) < while-time.Millisecond {
		t.Errorf("memory was given back %v after a call, want %v", at.Sub(last), while)
	}
	select {
	case <-gave:
		t.Error("memory was given back twice")
	case <-time.After(2 * while):
	}
}
