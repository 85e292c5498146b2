package kind

// Element is the kind of target for one element of any tensor of the model, [batch, n], such as the one before a final
// sigmoid.
var Element = Register(Kind{
	Name: "tensor", Score: "class", Measured: "softmax", Call: "Element",
	Forms: []Form{{"tensor:NAME:INDEX", "an element of any tensor, e.g. before a sigmoid"}},
	Read:  nameAndIndex("tensor"), Write: writeNameAndIndex, WithIndex: setIndex, Elements: outputElements, Resolve: elements("class", Numbers),
})
