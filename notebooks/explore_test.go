package notebooks

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gradcam-go/gradcam/internal/testing/require"
)

var (
	lite = `gradcamnb.MustOpen("TESTDATA/models/efficientnet-lite0.onnx")
` + patiently("model", "TESTDATA/images/cat.png")
	tiny = `gradcamnb.MustOpen("TESTDATA/models/resnet-basic.ts.onnx")
prep := imgio.Prep{Width: 64, Height: 64, Fit: imgio.Stretch, Scale: [3]float32{255, 255, 255}, Order: "RGB"}
nb.MustExplore(model, imgio.MustOpen("TESTDATA/images/cat.png"), gradcamnb.Prepared(prep))`
)

// patiently is code that explores a model as nb.MustExplore does, and gives the page of a busy machine a minute to
// answer.
func patiently(model, picture string, choices ...string) string {
	return fmt.Sprintf(`if err := (nb.Explorer{Model: %s, Picture: imgio.MustOpen(%q), Choices: []gradcamnb.Choice{%s},
	Answer: time.Minute}).Run(context.Background()); err != nil {
	panic(err)
}`, model, picture, strings.Join(choices, ", "))
}

// exploring is a notebook whose only cell explores a model.
func exploring(t *testing.T, model string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "explore.ipynb")
	writeNotebook(t, file, "import _ \"github.com/gradcam-go/gradcam/gradcamnb/engine\"\n%%\nmodel := "+model)
	return file
}

// late is the error of GoNB's page that gives up its connection.
const late = "comm_open_ack not received in time"

// seenExplore is what testdata/explore.py reports.
type seenExplore struct {
	Opacity, Layer, Class latency
	Unknown               string `json:"unknown class"`
	Lion, Cat             string
	Last, Opens           string // the last choice, and what the card opens with that is left
	Dead                  string
	Busy                  int
	Pictures, Cards       int
	StopButtons           int `json:"stop buttons"`
	Said                  []string
	Errors                []string
}

// latency is how long choices take to become pictures.
type latency struct {
	Median, Worst float64 // milliseconds
	Changed, Of   int
}

func explore(t *testing.T, model string, args ...string) (seen seenExplore) {
	t.Helper()
	needJupyter(t)
	needLab(t)
	file, dir := exploring(t, model), t.ArtifactDir()
	out, err := exec.Command("python3", append([]string{filepath.Join("testdata", "explore.py"), file, dir},
		args...)...).Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr(err))
	}
	t.Logf("%s", out)
	if err := json.Unmarshal(out, &seen); err != nil {
		t.Fatal(err)
	}
	// What is left: a picture of its own and a card.
	if seen.Pictures != 1 || seen.Cards != 1 || seen.StopButtons != 0 {
		t.Errorf("%d pictures, %d cards, %d stop buttons are left, want 1, 1 and none", seen.Pictures, seen.Cards,
			seen.StopButtons)
	}
	if strings.Contains(seen.said(), "explaining") {
		t.Errorf("a line of progress is left: %q", seen.Said)
	}
	checkPageErrors(t, seen.Errors)
	return seen
}

// said is the text of what is left.
func (s seenExplore) said() string { return strings.Join(s.Said, "\n") }

// Every choice on the live card gives a new picture. With -slow, on a quiet machine, what the card does by itself takes
// at most 300 ms by the median. A new class goes through the model; docs/showing.md says how long that takes.
func TestExploreInJupyterLab(t *testing.T) {
	seen := explore(t, lite)
	for _, c := range []struct {
		name string
		latency
		most float64
	}{{"opacity", seen.Opacity, 300}, {"layer", seen.Layer, 300}, {"class", seen.Class, 2000}} {
		if c.Of == 0 || c.Changed != c.Of {
			t.Errorf("%s: %d of %d choices gave another picture", c.name, c.Changed, c.Of)
		}
		if require.IsSlow() && c.Median > c.most {
			t.Errorf("%s: a new picture takes %.0f ms (median), at most %.0f are expected", c.name, c.Median, c.most)
		}
	}
	if !strings.Contains(seen.Unknown, "no such thing") || !strings.Contains(seen.Unknown, "the nearest labels are ") {
		t.Errorf("of an unknown class the card says %q", seen.Unknown)
	}
	if !strings.Contains(seen.said(), "stopped") {
		t.Errorf("at the end it says %q", seen.Said)
	}
	// The labels of ImageNet: 291 is lion, 150 is sea lion.
	if !strings.Contains(seen.Lion, "class 291 (lion)") {
		t.Errorf("lion explains %q", seen.Lion)
	}
	if !strings.Contains(seen.Cat, "cat (28") || !strings.Contains(seen.Cat, "others are") {
		t.Errorf("of cat, which several classes have in their names, it says %q", seen.Cat)
	}
	if seen.Last == "" || seen.Opens != seen.Last {
		t.Errorf("the last choice was %q, and what is left opens with %q", seen.Last, seen.Opens)
	}
	if !strings.Contains(seen.said(), "gradcamnb.Class(28") {
		t.Errorf("the code of the choice is missing: %q", seen.Said)
	}
}

// The card is live over https, and in Jupyter Notebook 7, as it is in JupyterLab.
func TestExploreElsewhere(t *testing.T) {
	for name, args := range map[string][]string{
		"https":      {"--certificate", writeCertificate(t)},
		"notebook 7": {"--app", "notebook"},
		"hub":        {"--hub"},
	} {
		t.Run(name, func(t *testing.T) {
			needPage(t, name)
			seen := explore(t, lite, args...)
			for _, c := range []latency{seen.Opacity, seen.Layer, seen.Class} {
				if c.Of == 0 || c.Changed != c.Of {
					t.Errorf("%d of %d choices gave another picture", c.Changed, c.Of)
				}
			}
			if !strings.Contains(seen.Lion, "class 291 (lion)") || !strings.Contains(seen.said(), "stopped") {
				t.Errorf("lion explains %q, and at the end it says %q", seen.Lion, seen.Said)
			}
		})
	}
}

// needPage skips a test of a page that is not installed.
func needPage(t *testing.T, name string) {
	t.Helper()
	module, ok := map[string]string{"notebook 7": "notebook", "hub": "jupyterhub"}[name]
	if !ok {
		return
	}
	if out, err := exec.Command("python3", "-c", "import "+module).CombinedOutput(); err != nil {
		require.Missing(t, "jupyter", lastLine(out)+"; pip install -r .ci/requirements.txt")
	}
	if _, err := exec.LookPath("configurable-http-proxy"); name == "hub" && err != nil {
		require.Missing(t, "hub", "JupyterHub's proxy is missing: npm install configurable-http-proxy")
	}
}

// writeCertificate writes a certificate of this machine, and its key, into one file.
func writeCertificate(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	plan := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	signed, err := x509.CreateCertificate(rand.Reader, plan, plan, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := slices.Concat(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}))
	file := filepath.Join(t.TempDir(), "certificate.pem")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// A card whose kernel was restarted says that the cell does not answer, and stops waiting, unless the cell had the time
// to leave what was looked at.
func TestExploreAfterARestart(t *testing.T) {
	require.Slow(t, "it starts JupyterLab and waits for a kernel that does not come back")
	needJupyter(t)
	needLab(t)
	out, err := exec.Command("python3", filepath.Join("testdata", "explore.py"), exploring(t, lite), t.ArtifactDir(),
		"--dead").Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr(err))
	}
	var seen seenExplore
	if err := json.Unmarshal(out, &seen); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(seen.Dead, "run the cell again") && seen.Dead != "left" || seen.Busy != 0 {
		t.Errorf("it says %q, and %d signs of waiting are left", seen.Dead, seen.Busy)
	}
}

// If GoNB's page gives its connection up, as it does when the kernel takes half a second, the card connects again.
func TestExploreAfterALateConnection(t *testing.T) {
	seen := explore(t, lite, "--late")
	if !strings.Contains(seen.said(), "stopped") {
		t.Errorf("at the end it says %q", seen.Said)
	}
	if !slices.Contains(seen.Errors, late) {
		t.Errorf("the first connection was not given up: %q", seen.Errors)
	}
}

// If GoNB's messages do not arrive, as in some editors, the cell ends by itself, says why, and shows the same maps. The
// line of progress that it showed meanwhile is removed.
func TestExploreWithoutMessages(t *testing.T) {
	slow := strings.Replace(tiny, "gradcamnb.Prepared",
		`gradcamnb.Methods("Grad-CAM", "RISE"), gradcamnb.Sampled(gradcamnb.Sampling{Masks: 2_000}), gradcamnb.Prepared`, 1)
	seen := explore(t, slow, "--mute")
	for _, want := range []string{"the page did not answer", "not VS Code or Colab"} {
		if !strings.Contains(seen.said(), want) {
			t.Errorf("it says %q, without %q", seen.Said, want)
		}
	}
}

// Without a page at all it does not wait.
func TestExploreHeadless(t *testing.T) {
	needJupyter(t)
	file := exploring(t, tiny)
	script := filepath.Join("..", "kernels", "gonb-gradcam", "execute.py")
	dir := t.TempDir()
	if out, err := exec.Command("python3", script, file, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	nb := read(t, filepath.Join(dir, filepath.Base(file)))
	text, err := json.Marshal(nb)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(nb.pictures(t)[0]); n != 1 || !strings.Contains(string(text), "no page of JupyterLab") {
		t.Errorf("%d pictures; the reason is not said: %.200s", n, text)
	}
}
