"""`face-edit enhance`: faces of a photo restored by ONNX nets, asked for in JSON, or over HTTP."""
