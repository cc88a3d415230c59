#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the teelink authors
"""Signs images of trusted applications: hands its arguments to teelink-sign, which stands beside it."""
import os
import sys

here = os.path.dirname(os.path.realpath(__file__))
tool = os.path.join(here, 'teelink-sign')
if not os.access(tool, os.X_OK):
    tool = 'teelink-sign'
try:
    os.execvp(tool, [tool] + sys.argv[1:])
except OSError as e:
    sys.exit('sign_encrypt.py: {}: {}'.format(tool, e.strerror))
