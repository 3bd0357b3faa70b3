# SPDX-License-Identifier: GPL-2.0
"""Building the test kernels and our modules, and running them."""
