# SPDX-License-Identifier: GPL-2.0
"""Our modules, built against any prepared 6.12 tree."""
