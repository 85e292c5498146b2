package kind

// Finer is the kind of target for what sets a class apart from the three that the model finds most similar to it.
var Finer = Register(Kind{
	Name: "finer", Score: "finer", Call: "Finer",
	Forms: []Form{{"finer:285", "what sets a class apart from the three most similar (FinerCAM)"}},
	Read:  readNamesOrNumbers("finer"), WithIndex: setIndex, Elements: outputElements, Resolve: elements("finer", Classes),
})
