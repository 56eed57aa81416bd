"""Runs an entry point (MODULE:FUNCTION) whose wrapper is in a package that is not installed."""
import importlib
import sys
module, function = sys.argv[1].split(':')
sys.argv = [module] + sys.argv[2:]
sys.exit(getattr(importlib.import_module(module), function)())
