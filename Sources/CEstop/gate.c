#include "estop.h"
