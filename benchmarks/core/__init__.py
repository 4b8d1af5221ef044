"""The allocator beside its peers: same files, same machine, same time, judged by a program that is not ours."""
