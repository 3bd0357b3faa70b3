# SPDX-License-Identifier: GPL-2.0
"""What is measured, and the budgets it is held to.

``segbench/`` is a module with the cases; what is here boots a kernel, runs
them and knows nothing of what they do.
"""
