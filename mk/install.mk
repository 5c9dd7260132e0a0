# SPDX-License-Identifier: MIT
.PHONY: install
install: all
