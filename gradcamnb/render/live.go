package render

import "github.com/gradcam-go/gradcam/gradcamnb/heatmap"

// Live makes a card ask for the maps that it does not hold; see nb.Explore. The
// card's script sends a [Ask] as JSON to the address Ask and reads a [Reply] from the
// address Reply.
type Live struct {
	Ask     string   `json:"ask"`
	Reply   string   `json:"reply"`
	Layers  []string `json:"layers"`
	Methods []string `json:"methods"`
	Labels  []string `json:"labels"`  // of the classes, for looking them up
	Classes int      `json:"classes"` // how many there are; 0 where that is not known
}

// Ask is what a live card wants.
type Ask struct {
	Serial int    `json:"serial"`
	Index  int    `json:"index"` // of the class
	Layer  string `json:"layer"`
	Method string `json:"method"`
	Hello  bool   `json:"hello,omitempty"` // the card is there
	Stop   bool   `json:"stop,omitempty"`
}

// Reply answers an [Ask].
type Reply struct {
	Serial int       `json:"serial"`
	Made   string    `json:"made,omitempty"`
	Maps   []CardMap `json:"maps,omitempty"`
	Error  string    `json:"error,omitempty"`
	Ended  bool      `json:"ended,omitempty"`
}

// LiveHTML is [HTML] of a card that asks for more maps while a kernel listens.
func LiveHTML(id string, r *heatmap.Result, l Live, o *Options) (string, error) {
	return htmlCard(id, []*heatmap.Result{r}, o, &l)
}

// NewReply packs the maps of a result.
func NewReply(serial int, r *heatmap.Result) Reply {
	p := Reply{Serial: serial, Made: made(r)}
	for _, m := range r.Maps {
		p.Maps = append(p.Maps, NewCardMap(m))
	}
	return p
}
