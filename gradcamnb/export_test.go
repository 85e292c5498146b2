package gradcamnb

// Examine is what Doctor prints.
var Examine = examine
