/* table.c: the table of processes, as /proc has it. */

#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "CProcess.h"

/* Reads /proc/PID/stat. The name in it may hold anything, brackets too: the fields begin after the last one. */
static int read_entry(int proc, const char *pid, process_entry *entry) {
    char path[32], bytes[1024];
    if (snprintf(path, sizeof path, "%s/stat", pid) >= (int)sizeof path)
        return 0;
    int file = openat(proc, path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    ssize_t length = read(file, bytes, sizeof bytes - 1);
    close(file);
    if (length <= 0)
        return 0;
    bytes[length] = '\0';
    const char *end = strrchr(bytes, ')');
    entry->pid = atoi(pid);
    return end != NULL &&
           sscanf(end + 1, " %c %d %d %d", &entry->state, &entry->parent, &entry->group, &entry->session) == 4;
}

int process_is_still(int32_t pid) {
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *directory = opendir(path);
    if (directory == NULL)
        return 1;
    int threads = 0, stopped = 0, running = 0;
    for (struct dirent *name; (name = readdir(directory)) != NULL;) {
        process_entry entry;
        if (name->d_name[0] == '.' || !read_entry(dirfd(directory), name->d_name, &entry))
            continue;
        threads++;
        if (entry.state == 'T' || entry.state == 't')
            stopped++;
        else if (strchr("DZX", entry.state) == NULL)
            running++;
    }
    closedir(directory);
    /* Among several threads the first one that stops is what makes the stop pending for all. */
    return running == 0 && (threads <= 1 || stopped > 0);
}

int process_table(process_entry *entries, int capacity) {
    DIR *directory = opendir("/proc");
    if (directory == NULL)
        return -1;
    int count = 0;
    for (struct dirent *name; (name = readdir(directory)) != NULL;) {
        process_entry entry;
        if (name->d_name[0] < '1' || name->d_name[0] > '9' || !read_entry(dirfd(directory), name->d_name, &entry))
            continue;
        if (count < capacity)
            entries[count] = entry;
        count++;
    }
    closedir(directory);
    return count;
}
