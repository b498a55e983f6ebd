"""Parts of the reader of dumps: files, streams of JSON and YAML, objects, logs and metrics."""
