package render

import "github.com/gradcam-go/gradcam/gradcamnb/heatmap"

// Live makes a card ask for the maps of a class that it does not hold; see nb.Explore. The card's script sends a
// [LiveQuestion] as JSON to one address and reads a [Reply] from another.
type Live struct {
	Ask    string   `json:"ask"`    // addresses
	Reply  string   `json:"reply"`  // where answers are read
	Labels []string `json:"labels"` // of the classes, for looking them up

	// Fixed tells that what is explained has no other element to choose, such as a detection.
	Fixed bool `json:"fixed"`

	// Likely are the scores of the classes, so that of several with a like name the likeliest is taken; empty if they
	// are not known.
	Likely []float32 `json:"likely"`
}

// LiveQuestion is what a live card wants.
type LiveQuestion struct {
	Serial int  `json:"serial"` // number of the question
	Index  int  `json:"index"`  // of the class to explain
	Hello  bool `json:"hello"`  // the card is there and listens; nothing is asked for
	Ping   bool `json:"ping"`   // is the cell there?
	Stop   bool `json:"stop"`   // the user has ended the exploration
	Leave  bool `json:"leave"`  // the page is going

	// What is looked at: Chosen tells that the map is there already, and nothing is asked for.
	Chosen bool   `json:"chosen"`
	Layer  string `json:"layer"`  // that was chosen
	Method string `json:"method"` // that was chosen
}

// Reply answers a [LiveQuestion].
type Reply struct {
	Serial int       `json:"serial"`          // number of the question
	Made   string    `json:"made,omitempty"`  // where and how fast
	Maps   []CardMap `json:"maps,omitempty"`  // that were made for it
	Error  string    `json:"error,omitempty"` // why there are none
	Pong   bool      `json:"pong,omitempty"`  // answers a ping
}

// LiveHTML is like [HTML], but the card asks its cell for maps that it does not hold.
func LiveHTML(id string, r *heatmap.Result, l Live, o *Options) (string, error) {
	labels := make([]string, len(l.Labels)) // the card's script takes a list, also of none
	for i, label := range l.Labels {
		labels[i] = clean(label)
	}
	l.Labels, l.Likely = labels, finites(l.Likely)
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
