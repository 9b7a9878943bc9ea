# Runs a program that ends when the standard input of this script does, that is, when the process that started it ends,
# however it ends. The program replaces this shell, so its process id is the one the starter knows.
#
#   sh -c "$(cat supervise.sh)" supervise SIGNAL SCRATCH PROGRAM [ARGUMENT…]
#
# SIGNAL ends the program and everything in its process group; SCRATCH is a folder to delete afterwards, or ''.
# Lines on standard input change that: `save` keeps SCRATCH, `leave` lets the program run on.
signal=$1 scratch=$2
shift 2

watch() {
    trap '' HUP INT QUIT TERM
    order=
    while read -r line; do order=$line; done
    [ "$order" = leave ] && exit
    kill -s "$signal" -- "-$1"
    waited=0
    while kill -s 0 -- "$1" && [ "$waited" -lt 100 ]; do
        sleep 0.1
        waited=$((waited + 1))
    done
    [ "$order" = save ] || [ -z "$scratch" ] || rm -rf -- "$scratch"
    kill -s KILL -- "-$1"
}

# A background command reads /dev/null unless told otherwise, hence the detour over descriptor 3.
exec 3<&0
watch $$ <&3 3<&- >/dev/null 2>&1 &
exec "$@" </dev/null 3<&-
