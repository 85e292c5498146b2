package kind

// Softmax is the kind of target for the softmax probability of a class.
var Softmax = Register(Kind{
	Name: "softmax", Score: "softmax", Call: "Softmax",
	Forms: []Form{{"softmax:285", "the softmax probability of a class"}},
	Read:  readNamesOrNumbers("softmax"), WithIndex: setIndex, Elements: outputElements, Resolve: elements("softmax", Classes),
})
