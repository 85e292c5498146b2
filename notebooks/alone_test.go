package notebooks

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/render"
)

// seenAlone is what testdata/alone.py reports of one case.
type seenAlone struct {
	Said, Title, About string
	Live, Busy         int
	Sent               []struct {
		render.LiveQuestion
		Kernel string
	}
	Errors []string
}

// A live card says at once what has become of its cell, and waits for nothing that does not come; it talks on the
// connection of its own kernel, and believes a cell that answers late.
func TestLiveCardAlone(t *testing.T) {
	needLab(t)
	dir := t.ArtifactDir()
	card, err := render.LiveHTML("card", played("tabby"), render.Live{Ask: "/ask", Reply: "/reply", Kernel: "ours",
		Labels: []string{"a", "b", "other", "d", "e", "f", "g", "tabby"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	other := played("other")
	for _, m := range other.Maps {
		m.Index, m.Target = 2, "class 2"
	}
	reply, err := json.Marshal(render.NewReply(1, other))
	if err != nil {
		t.Fatal(err)
	}
	page, answer := filepath.Join(dir, "live.html"), filepath.Join(dir, "reply.json")
	for file, text := range map[string]string{answer: string(reply),
		page: `<!doctype html><meta charset="utf-8"><body><script id="jupyter-config-data" type="application/json">{}</script>` + card,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command("python3", filepath.Join("testdata", "alone.py"), page, dir, answer).Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr(err))
	}
	var seen map[string]seenAlone
	if err := json.Unmarshal(out, &seen); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	const again = "run the cell again"
	for name, want := range map[string]struct {
		said, about string
		live        int
	}{
		"live":                {"preparing", "class 7 (tabby)", 1},
		"restarting":          {again, "class 7 (tabby)", 0},
		"starting":            {again, "class 7 (tabby)", 0},
		"ended":               {again, "class 7 (tabby)", 0},
		"another message":     {"preparing", "class 7 (tabby)", 1},
		"closed":              {again, "class 7 (tabby)", 0},
		"given up":            {"preparing", "class 7 (tabby)", 1},
		"asked and given up":  {"", "class 2 (other)", 1},
		"stopped and closed":  {"Stopped.", "class 7 (tabby)", 0},
		"does not answer yet": {"does not answer yet", "class 7 (tabby)", 1},
		"answers again":       {"", "class 7 (tabby)", 1},
		"exported":            {"No kernel", "class 7 (tabby)", 0},
		"beside":              {"preparing", "class 7 (tabby)", 1},
		"theirs alone":        {again, "class 7 (tabby)", 0},
		"answered":            {"", "class 2 (other)", 1},
		"changes its mind":    {"", "class 7 (tabby)", 1},
		"answered late":       {"", "class 7 (tabby)", 1},
		"run once more":       {again, "class 7 (tabby)", 0},
		"tab closed":          {again, "class 7 (tabby)", 0},
		"sleeps":              {"preparing", "class 7 (tabby)", 1},
		"goes":                {again, "class 7 (tabby)", 0},
	} {
		s, ok := seen[name]
		if !ok || !strings.Contains(s.Said, want.said) || want.said == "" && s.Said != "" || s.Live != want.live ||
			s.Busy != 0 || !strings.Contains(s.About, want.about) {
			t.Errorf("%s: the card says %q and shows %q; live %d, waiting %d", name, s.Said, s.About, s.Live, s.Busy)
		}
		checkPageErrors(t, s.Errors)
		for _, q := range s.Sent {
			if q.Kernel != "ours" {
				t.Errorf("%s: %+v goes to another kernel", name, q)
			}
		}
		if talks := name != "exported" && name != "theirs alone"; ok && talks != (len(s.Sent) > 0 && s.Sent[0].Hello) {
			t.Errorf("%s: the card sends %+v", name, s.Sent)
		}
	}
}
