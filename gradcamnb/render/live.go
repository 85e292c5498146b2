package render

import "github.com/gradcam-go/gradcam/gradcamnb/heatmap"

// Live makes a card ask for the maps of a class that it does not hold; see
// nb.Explore. The card's script sends an [Ask] as JSON to one address and reads a
// [Reply] from another.
type Live struct {
	Ask    string   `json:"ask"` // addresses
	Reply  string   `json:"reply"`
	Labels []string `json:"labels"` // of the classes, for looking them up
}

// Ask is what a live card wants.
type Ask struct {
	Serial int  `json:"serial"`
	Index  int  `json:"index"` // of the class to explain
	Hello  bool `json:"hello"` // the card is there and listens; nothing is asked for
	Stop   bool `json:"stop"`
}

// Reply answers an [Ask].
type Reply struct {
	Serial int       `json:"serial"`
	Made   string    `json:"made,omitempty"` // where and how fast
	Maps   []CardMap `json:"maps,omitempty"`
	Error  string    `json:"error,omitempty"`
}

// LiveHTML is [HTML] of a card that asks for more maps while somebody listens.
func LiveHTML(id string, r *heatmap.Result, l Live, o *Options) (string, error) {
	labels := make([]string, len(l.Labels)) // the card's script takes a list, also of none
	for i, label := range l.Labels {
		labels[i] = clean(label)
	}
	l.Labels = labels
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
