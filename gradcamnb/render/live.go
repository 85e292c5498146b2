package render

import "github.com/gradcam-go/gradcam/gradcamnb/heatmap"

// Live describes how a live card asks for the maps of a class that it does not hold; see nb.Explore. The card's script
// sends a [LiveQuestion] as JSON to one address and reads a [Reply] from another.
type Live struct {
	Ask    string   `json:"ask"`    // address of questions
	Reply  string   `json:"reply"`  // address of replies
	Kernel string   `json:"kernel"` // Jupyter's name of the kernel that runs the cell
	Labels []string `json:"labels"` // of the classes, for looking them up

	// Fixed is true if the target has no other element to choose by its name or number.
	Fixed bool `json:"fixed"`

	// Boxes is true if the elements are the detections in the picture, which are chosen by their boxes.
	Boxes bool `json:"boxes"`

	// Levels is true if the layers are all levels of the detector. A detection opens at its own.
	Levels bool `json:"levels"`

	// Likely holds the scores of the classes. If several classes fit a name, the card takes the likeliest. It is empty if
	// the scores are not known.
	Likely []float32 `json:"likely"`
}

// LiveQuestion is a message of a live card.
type LiveQuestion struct {
	Serial int  `json:"serial"` // number of the question
	Index  int  `json:"index"`  // of the class to explain, or rank of the detection
	Hello  bool `json:"hello"`  // the card is there and listens, but asks for nothing
	Ping   bool `json:"ping"`   // asks whether the cell is there
	Stop   bool `json:"stop"`   // the user has ended the exploration
	Leave  bool `json:"leave"`  // the page is being closed

	// Chosen is true if the card has the map that was chosen, and asks for nothing.
	Chosen bool   `json:"chosen"`
	Layer  string `json:"layer"`  // that was chosen
	Method string `json:"method"` // that was chosen
}

// Reply answers a [LiveQuestion].
type Reply struct {
	Serial int       `json:"serial"`          // number of the question
	Made   string    `json:"made,omitempty"`  // backend and time
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

// NewReply returns the reply with the maps of a result to the question with that number.
func NewReply(serial int, r *heatmap.Result) Reply {
	p := Reply{Serial: serial, Made: timing(r)}
	for _, m := range r.Maps {
		p.Maps = append(p.Maps, NewCardMap(m))
	}
	return p
}
