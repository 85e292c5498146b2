package hub

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/gradcam-go/gradcam/internal/printable"
)

// Scheme begins every address of a file on the hub.
const Scheme = "hf://"

// Ref is an address: hf://owner/name/file.onnx[@revision]. The revision may also follow the name, as Python's fsspec
// writes it.
type Ref struct {
	Repo     string // owner/name
	File     string // within the repository, with slashes
	Revision string // branch, tag or commit; "main" if none is given
}

var (
	namePattern     = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)
	revisionPattern = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$`)
)

// ParseRef reads an address. All of it becomes part of file names, so it refuses anything that leads out of a folder.
func ParseRef(s string) (Ref, error) {
	wrong := func(why string) (Ref, error) {
		return Ref{}, fmt.Errorf("the address %q %s; write hf://owner/name/file.onnx or hf://owner/name/file.onnx@revision",
			printable.Address(s), why)
	}
	rest, ok := strings.CutPrefix(s, Scheme)
	if !ok {
		return wrong("does not begin with " + Scheme)
	}
	if strings.Contains(rest, "?") { // a token may follow, which the hub would get as a part of the name
		return wrong("has a question mark, which no file on the hub has: the token belongs in HF_TOKEN")
	}
	parts := strings.SplitN(rest, "/", 3)
	if len(parts) < 3 || parts[2] == "" {
		return wrong("names no file")
	}
	name, revision, early := strings.Cut(parts[1], "@")
	r := Ref{Repo: parts[0] + "/" + name, File: parts[2], Revision: revision}
	if at := strings.LastIndex(r.File, "@"); at >= 0 && !early {
		r.File, r.Revision, early = r.File[:at], r.File[at+1:], true
	}
	if !early {
		r.Revision = "main"
	}
	switch {
	case !namePattern.MatchString(parts[0]) || !namePattern.MatchString(name) || strings.Contains(r.Repo, "..") ||
		strings.Contains(r.Repo, "--"):
		return wrong("has no valid owner and name")
	case !revisionPattern.MatchString(r.Revision) || strings.Contains(r.Revision, ".."):
		return wrong(fmt.Sprintf("has the revision %q, which is neither a branch nor a tag nor a commit", r.Revision))
	case !properFile(r.File):
		return wrong(fmt.Sprintf("has the file %q, which is not within a repository", r.File))
	}
	return r, nil
}

// properFile tells whether a name can be a file's within a repository.
func properFile(name string) bool {
	return name != "" && name == path.Clean(name) && !path.IsAbs(name) && name != "." && name != ".." &&
		!strings.HasPrefix(name, "../") && !strings.ContainsAny(name, "\\\x00")
}

func (r Ref) String() string { return Scheme + r.Repo + "/" + r.File + "@" + r.Revision }
