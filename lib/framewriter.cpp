#include "av.hpp"
