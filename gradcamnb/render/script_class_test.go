package render

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// What a live card takes a text for: the exact label first, then a word, then the likeliest; and what it says if no
// class is meant.
func TestScriptFindsClass(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		require.Missing(t, "node", "Node.js runs the card's script")
	}
	_, script, ok := strings.Cut(cardFile("live.js"), "// The classes that a text may mean")
	script, _, ok2 := strings.Cut(script, "\nif (live) {")
	if !ok || !ok2 {
		t.Fatal("the card's script has no part that finds classes")
	}
	c := exec.Command(node, "-")
	c.Stdin = strings.NewReader(`const live = { labels: ["sea lion", "lion, king of beasts", "tiger cat", "oystercatcher", "tabby cat", "-"], likely: [0, 0, 1, 9, 5, 0] };
//` + script + `
console.log(JSON.stringify([..."lion|Tiger-Cat|cat|catcher|-".split("|").map(s => live.labels[classOf(s).index]),
	...["tyger cat", "6", "x".repeat(100), "q"].map(noClass), classOf("tyger cat") === null, classOf("_") === null]));`)
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var got []any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	for i, want := range []any{
		"lion, king of beasts", // exactly, of several names, although sea lion comes first and holds it, too
		"tiger cat",
		"tabby cat", // a word of it, and likelier than tiger cat; oystercatcher only holds the letters
		"oystercatcher",
		"-",
		"There is no class “tyger cat”; the nearest labels are tiger cat (2), ",
		"There is no class “6”; they are numbered from 0 to 5.",
		"numbered from 0 to 5.",
		"There is no class “q”; type another name, or a number from 0.",
		true,
		true, // a text without a letter is no part of any label
	} {
		text, isText := want.(string)
		if said, _ := got[i].(string); isText && !strings.Contains(said, text) || !isText && got[i] != want {
			t.Errorf("answer %d is %q, want %q", i, got[i], want)
		}
	}
}

// The rows of the card's grid: a layer each; maps without a layer stand beside those of a single layer, so that the
// grid is no diagonal, and below several layers, in a row that is called so.
func TestScriptLaysOutRows(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		require.Missing(t, "node", "Node.js runs the card's script")
	}
	_, script, ok := strings.Cut(cardFile("text.js"), "const rowsOf = ")
	script, _, ok2 := strings.Cut(script, "const drawGrid")
	if !ok || !ok2 {
		t.Fatal("the card's script has no part that lays out rows")
	}
	c := exec.Command(node, "-")
	c.Stdin = strings.NewReader(`const distinct = l => [...new Set(l)]; const rowsOf = ` + script + `
console.log(JSON.stringify([["a"], ["a", ""], ["a", "b", ""], [""], ["b", "a"]].map(layers =>
	rowsOf(layers.map(layer => ({ layer }))).map(r => r.text + ":" + layers.filter(r.holds).join("+")).join(" "))));`)
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := `["a:a",":a+","a:a b:b no layer:",":","b:b a:a"]`
	if got := strings.TrimSpace(string(out)); got != want {
		t.Errorf("the rows are %s, want %s", got, want)
	}
}
