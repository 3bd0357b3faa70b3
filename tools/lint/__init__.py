# SPDX-License-Identifier: GPL-2.0
"""The linters, each a function that returns its cases."""
