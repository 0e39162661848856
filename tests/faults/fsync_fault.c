/* Makes the disk refuse to sync while the file $FSYNC_FAULT exists, and notes in $FSYNC_FAULT.log what was asked of it:
   "refused", or "again" where a descriptor whose sync has failed is synced once more without having been closed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char failed[65536];

static void note(const char *word) {
  char path[4096];
  snprintf(path, sizeof path, "%s.log", getenv("FSYNC_FAULT"));
  int log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (log < 0) return;
  if (write(log, word, strlen(word)) < 0) abort();
  int (*really)(int) = dlsym(RTLD_NEXT, "close");
  really(log);
}

static int synced(int fd, const char *name) {
  int (*really)(int) = dlsym(RTLD_NEXT, name);
  if (fd >= 0 && fd < (int)sizeof failed && failed[fd]) note("again\n");
  if (!getenv("FSYNC_FAULT") || access(getenv("FSYNC_FAULT"), F_OK)) return really(fd);
  if (fd >= 0 && fd < (int)sizeof failed) failed[fd] = 1;
  note("refused\n");
  errno = EIO;
  return -1;
}

int fsync(int fd) { return synced(fd, "fsync"); }

int fdatasync(int fd) { return synced(fd, "fdatasync"); }

int close(int fd) {
  int (*really)(int) = dlsym(RTLD_NEXT, "close");
  if (fd >= 0 && fd < (int)sizeof failed) failed[fd] = 0;
  return really(fd);
}
