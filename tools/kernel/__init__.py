# SPDX-License-Identifier: GPL-2.0
"""The test kernels: source, configuration, build."""
