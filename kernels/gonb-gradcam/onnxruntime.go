package main

import "github.com/gradcam-go/gradcam/gradcamnb/engine/onnxruntime"

// ortWheel has the library of onnxruntime for CPU. It is Microsoft's wheel for one version of Python, so that there is
// one checksum. The pip of any Python fetches it.
var ortWheel = wheel{
	folder: "onnxruntime",
	name:   "onnxruntime", version: "1.32.0",
	sha256: "99e1074c4b2197accd5073052a465361be17b89c093b8ffb6e6bd8f986c52df8",
	file:   "onnxruntime/capi/libonnxruntime.so.1.32.0",
	choose: []string{
		"--python-version", "3.12", "--implementation", "cp", "--abi", "cp312",
		"--platform", "manylinux_2_27_x86_64", "--platform", "manylinux_2_28_x86_64",
	},
	instead: "install onnxruntime yourself, and name its library in " + onnxruntime.LibraryEnv,
}
