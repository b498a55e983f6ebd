"""Clusters on a real etcd and kube-apiserver, out of the folder that `KUBEBUILDER_ASSETS` names.

The programs store, validate, admit and authorize. The model of nodes and workloads stays as it is.
"""

# no belief: the room of the real server
