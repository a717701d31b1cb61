"""Mutual information as an objective: what it is good for, each experiment beside a known answer.

Frozen descriptions, carried out step by step as in ``mi_explorer.studies``: ``carry_out()`` yields snapshots with ``study``, ``done`` from 0 to
1 and ``frame()``. One module per experiment; the descriptions need no torch, carrying them out may.
"""
