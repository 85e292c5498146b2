package printable

import "testing"

// A token in an address is not shown. What tells one address from another is.
func TestAddress(t *testing.T) {
	for in, want := range map[string]string{
		"a/b.png":                                "a/b.png",
		"what?.png":                              "what?.png",
		"https://h/a.png":                        "https://h/a.png",
		"https://user:hf_secret@h:1/a@2.png":     "https://***@h:1/a@2.png",
		"https://hf_secret@h":                    "https://***@h",
		"https://h/a.png?token=hf_secret&x=1#at": "https://h/a.png?***#at",
		"hf://owner/net/a.onnx@main":             "hf://owner/net/a.onnx@main",
	} {
		if got := Address(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
