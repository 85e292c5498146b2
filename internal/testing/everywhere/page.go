// Package everywhere tries every method on a network, for tests, and keeps the results in a table of
// docs/methods-everywhere.md. One table is for the files of testdata, another for networks written with GoMLX.
package everywhere

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// Backends are the backends that the methods are tried on.
var Backends = []string{"go", "xla:cpu"}

// Page is a table. For each method, network and backend it says why there is no map; the entry is empty if there is
// one.
type Page struct {
	path, part string
	networks   []string
	why        map[[3]string]string
}

// untried is the entry for what has not been tried yet.
const untried = "-"

// Read reads a table of the page at path. In the page it stands between two comments that name the table.
func Read(t *testing.T, path, part string, networks []string) *Page {
	t.Helper()
	p := &Page{path, part, networks, map[[3]string]string{}}
	_, table, _ := p.splitPage(t)
	var rows [][]string
	reasons := map[string]string{"ok": "", untried: untried}
	for line := range strings.Lines(table) {
		line = strings.TrimSpace(line)
		if cells, ok := strings.CutPrefix(line, "| "); ok {
			rows = append(rows, strings.Split(strings.TrimSuffix(cells, " |"), " | "))
		} else if n, why, ok := strings.Cut(line, ". "); ok {
			reasons[n] = why
		}
	}
	for _, row := range rows[min(1, len(rows)):] {
		for i, cell := range row[1:] {
			of := []string{cell, cell}
			if both, differ := strings.CutPrefix(cell, "go "); differ {
				of = []string{both, untried}
				if a, b, two := strings.Cut(both, ", xla:cpu "); two {
					of = []string{a, b}
				}
			}
			for k, backend := range Backends {
				p.why[[3]string{row[0], rows[0][i+1], backend}] = reasons[of[k]]
			}
		}
	}
	return p
}

// splitPage returns the text before the table, the table, and the text after it.
func (p *Page) splitPage(t *testing.T) (before, table, after string) {
	t.Helper()
	text, err := os.ReadFile(p.path)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+p.part+" -->\n", "<!-- end of "+p.part+" -->"
	before, rest, ok := strings.Cut(string(text), begin)
	table, after, ended := strings.Cut(rest, end)
	if !ok || !ended {
		t.Fatalf("%s lacks the place for the table of %s", p.path, p.part)
	}
	return before + begin, table, end + after
}

// Take compares the results of the methods on a network and a backend with the table. With -update it writes them
// there.
func (p *Page) Take(t *testing.T, network, backend string, why map[string]string) {
	t.Helper()
	for method, why := range why {
		if want := p.entry(method, network, backend); !require.Update() && want != why {
			t.Errorf("%s: %q, and %s says %q (-update writes it)", method, why, p.path, want)
		}
		p.why[[3]string{method, network, backend}] = why
	}
	if !require.Update() || t.Failed() {
		return
	}
	before, _, after := p.splitPage(t)
	if err := os.WriteFile(p.path, []byte(before+p.text()+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// CheckWhole checks that the table lacks no entry.
func (p *Page) CheckWhole(t *testing.T) {
	t.Helper()
	for _, method := range Methods() {
		for _, network := range p.networks {
			for _, backend := range Backends {
				if p.entry(method, network, backend) == untried {
					t.Errorf("%s lacks %s of %s on %s: run this test with -slow -update", p.path, method, network, backend)
				}
			}
		}
	}
}

func (p *Page) entry(method, network, backend string) string {
	if why, ok := p.why[[3]string{method, network, backend}]; ok {
		return why
	}
	return untried
}

// text returns the table and the reasons below it.
func (p *Page) text() string {
	var b strings.Builder
	b.WriteString("| method | " + strings.Join(p.networks, " | ") + " |\n|---|" + strings.Repeat("---|", len(p.networks)) +
		"\n")
	var reasons []string
	for _, method := range Methods() {
		fmt.Fprintf(&b, "| %s |", method)
		for _, network := range p.networks {
			fmt.Fprintf(&b, " %s |", p.cell(method, network, &reasons))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	for i, why := range reasons {
		fmt.Fprintf(&b, "%d. %s\n", i+1, why)
	}
	return b.String()
}

// cell returns "ok" or the number of the reason, for each backend if they differ.
func (p *Page) cell(method, network string, reasons *[]string) string {
	var of []string
	for _, backend := range Backends {
		why := p.entry(method, network, backend)
		if why == "" || why == untried {
			of = append(of, cmp.Or(why, "ok"))
			continue
		}
		at := slices.Index(*reasons, why)
		if at < 0 {
			at, *reasons = len(*reasons), append(*reasons, why)
		}
		of = append(of, strconv.Itoa(at+1))
	}
	switch {
	case of[0] == of[1]:
		return of[0]
	case of[1] == untried:
		return "go " + of[0]
	}
	return "go " + of[0] + ", xla:cpu " + of[1]
}
