package kind

// Tag is the kind of target for the logit of one tag of a multi-label model. Metrics use the tag's own probability,
// since tags do not exclude each other.
var Tag = Register(Kind{
	Name: "tag", OfTags: true, Score: "class", Measured: "sigmoid", Call: "Tag",
	Forms: []Form{{"tag:4", "the logit of a tag, by number or label"}},
	Read:  readNamesOrNumbers("tag"), WithIndex: setIndex, Elements: outputElements, Resolve: elements("class", Classes),
})
