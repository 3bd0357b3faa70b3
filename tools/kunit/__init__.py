# SPDX-License-Identifier: GPL-2.0
"""KUnit suites run natively: User-mode Linux, our modules, KTAP."""
