# Have `.venv` as it should be: what every target of the Makefile begins with. Silent and quick where it is so already.
#
# Usage: sh workflow/setup.sh PYTHON      (the Python to make it with, python3 say; another is looked for if need be)
#
# -E and -s: what the user's other projects set for Python (PYTHONPATH, PYTHONHOME, packages of his home) stays out.

.venv/bin/python -E -s -S workflow/bootstrap.py --check 2>/dev/null && exit

for python in "$1" python3.14 python3.13 python3.12 python3.11 .venv/bin/python; do
  if "$python" -E -s -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
    [ "$python" = "$1" ] || echo "$1 is missing or will not do: $python does it."
    exec "$python" -E -s -X utf8 workflow/bootstrap.py
  fi
done

# None will do: the first one says itself what it lacks.
if "$1" -E -s -c '' >/dev/null 2>&1; then
  exec "$1" -E -s workflow/bootstrap.py
fi
echo "error: $1 is missing or does not run, Python 3.11 or newer is needed: install it," \
  "or name one, as in \`make setup PYTHON=/usr/local/bin/python3\`" >&2
exit 1
