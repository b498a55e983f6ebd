"""What is right and wrong with a cluster: checks over what can be read of it.

`engine` has the words of a check and runs checks, `checks` has them, one file each, `readers` read a live
cluster, a dump and AWS, `planning` says what settings want, and `reports` writes the outcome.

`engine` and most of `checks` use the standard library alone: a Lambda function carries them.
"""
