"""Other programs than torch that run a net for inference on the processor: OpenVINO and ONNX Runtime."""
