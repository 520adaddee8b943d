"""`face-edit enhance`: face restoration with ONNX nets, by JSON requests or over HTTP."""
