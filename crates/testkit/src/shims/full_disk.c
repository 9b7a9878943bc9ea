/* A disk without room. Loaded by LD_PRELOAD.
 *
 * While the file $STARLIFT_DISK_FULL is there, a write that would make a file grow fails with ENOSPC, as on a file system that is full:
 * what is there can be read and written over. PostgreSQL makes SQLSTATE 53100 of it; a limit on the size of files (EFBIG) is XX000 to it, and
 * temp_file_limit 53400. Its log of changes is let through: it lies on a volume of its own, or its files have been made before.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int has_no_room(int file, off_t end)
{
    const char *full = getenv("STARLIFT_DISK_FULL");
    char link[64], path[PATH_MAX] = "";
    struct stat now;

    if (!full || access(full, F_OK) || fstat(file, &now) || !S_ISREG(now.st_mode) || end <= now.st_size)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    return readlink(link, path, sizeof path - 1) > 0 && !strstr(path, "/pg_wal/");
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t at)
{
    static ssize_t (*next)(int, const void *, size_t, off_t);

    if (!next)
        next = (ssize_t (*)(int, const void *, size_t, off_t)) dlsym(RTLD_NEXT, "pwrite");
    if (has_no_room(file, at + (off_t) count)) {
        errno = ENOSPC;
        return -1;
    }
    return next(file, bytes, count, at);
}

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t at)
{
    static ssize_t (*next)(int, const struct iovec *, int, off_t);
    off_t end = at;

    if (!next)
        next = (ssize_t (*)(int, const struct iovec *, int, off_t)) dlsym(RTLD_NEXT, "pwritev");
    for (int part = 0; part < count; part++)
        end += (off_t) parts[part].iov_len;
    if (has_no_room(file, end)) {
        errno = ENOSPC;
        return -1;
    }
    return next(file, parts, count, at);
}

int posix_fallocate(int file, off_t at, off_t length)
{
    static int (*next)(int, off_t, off_t);

    if (!next)
        next = (int (*)(int, off_t, off_t)) dlsym(RTLD_NEXT, "posix_fallocate");
    return has_no_room(file, at + length) ? ENOSPC : next(file, at, length);
}
